//! Small pictures: JPEG, at most 320 pixels wide and high, turned as the picture's own mark says, with nothing of it but its pixels.
//!
//! A picture is a program for its decoder: how many pixels it may have is read from its head before any is decoded, memory and time are
//! bounded, few are decoded at once, and on a thread that serves nobody else. Whatever goes wrong leaves no preview, never an error.

use crate::ports::files::{Preview, Previews};
use async_trait::async_trait;
use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Longest side of a small picture, in pixels.
pub const SIDE: u32 = 320;
/// Most pixels of a picture that is looked at.
const MOST_PIXELS: u64 = 40_000_000;
/// Longest side of a picture that is looked at.
const LONGEST_SIDE: u32 = 20_000;
/// Most memory that decoding takes.
const MEMORY: u64 = 256 * 1024 * 1024;
/// Longest that somebody waits for a preview; the decoder itself ends with its pixels.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most pictures that are decoded at once.
const AT_ONCE: usize = 2;
const QUALITY: u8 = 80;

/// Makes small pictures on the blocking pool.
#[derive(Clone)]
pub struct SmallPictures {
    places: Arc<Semaphore>,
}

impl Default for SmallPictures {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

#[async_trait]
impl Previews for SmallPictures {
    async fn preview(&self, picture: Bytes) -> Option<Preview> {
        let places = Arc::clone(&self.places);
        let made = async move {
            let place = places.acquire_owned().await.ok()?;
            let work = tokio::task::spawn_blocking(move || {
                // Held until the decoder is done, however long anybody waits for it.
                let _place = place;
                std::panic::catch_unwind(|| small(&picture)).ok().flatten()
            });
            work.await.ok().flatten()
        };
        tokio::time::timeout(PATIENCE, made).await.ok().flatten()
    }
}

/// Makes one.
fn small(picture: &[u8]) -> Option<Preview> {
    let mut reader = ImageReader::new(Cursor::new(picture)).with_guessed_format().ok()?;
    if !matches!(reader.format()?, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP | ImageFormat::Gif) {
        return None;
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS || decoder.total_bytes() > MEMORY {
        return None;
    }
    let turn = decoder.orientation().ok();
    let mut image = DynamicImage::from_decoder(decoder).ok()?;
    // Made small before it is turned: that moves few pixels.
    let (mut wide, mut high) = (width, height);
    if width > SIDE || height > SIDE {
        image = image.thumbnail(SIDE, SIDE);
    }
    if let Some(turn) = turn {
        let before = image.width() > image.height();
        image.apply_orientation(turn);
        let sideways = width != height && before != (image.width() > image.height());
        if sideways {
            (wide, high) = (height, width);
        }
    }
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, QUALITY).encode_image(&on_white(&image)).ok()?;
    Some(Preview { pixels: (wide, high), bytes: Bytes::from(out) })
}

/// Lays a picture that can be seen through on white.
fn on_white(image: &DynamicImage) -> RgbImage {
    let seen = image.to_rgba8();
    let mut flat = RgbImage::new(seen.width(), seen.height());
    for (from, to) in seen.pixels().zip(flat.pixels_mut()) {
        let [red, green, blue, alpha] = from.0;
        let over = |part: u8| {
            let mixed = u32::from(part) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
            u8::try_from(mixed / 255).unwrap_or(u8::MAX)
        };
        *to = Rgb([over(red), over(green), over(blue)]);
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageEncoder, RgbaImage};

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        image.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    /// A picture whose left half is red and whose right half is blue.
    fn halves(width: u32, height: u32) -> DynamicImage {
        DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) }))
    }

    fn read(preview: &Preview) -> RgbImage {
        image::load_from_memory_with_format(&preview.bytes, ImageFormat::Jpeg).unwrap().to_rgb8()
    }

    #[test]
    fn pictures_of_every_kind_become_small_and_keep_their_shape() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::WebP] {
            let preview = small(&encoded(&halves(640, 200), format)).unwrap();
            let image = read(&preview);
            assert_eq!((preview.pixels, image.dimensions()), ((640, 200), (320, 100)), "{format:?}");
            assert!(image.get_pixel(10, 50)[0] > 200 && image.get_pixel(310, 50)[2] > 200, "{format:?}");
        }
        let tiny = small(&encoded(&halves(8, 8), ImageFormat::Png)).unwrap();
        assert_eq!(read(&tiny).dimensions(), (8, 8), "nothing is made larger");
    }

    /// Exif with nothing but an orientation: 6, a quarter turn to the right.
    fn turned(place: &str) -> Vec<u8> {
        let mut exif = b"II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0".to_vec();
        let text = format!("{place}\0");
        exif.extend_from_slice(&[0x0e, 0x01, 0x02, 0x00]);
        exif.extend_from_slice(&u32::try_from(text.len()).unwrap().to_le_bytes());
        exif.extend_from_slice(&38_u32.to_le_bytes());
        exif.extend_from_slice(&[0; 4]);
        exif.extend_from_slice(text.as_bytes());
        let mut out = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut out, 90);
        encoder.set_exif_metadata(exif).unwrap();
        encoder.encode_image(&halves(600, 300)).unwrap();
        out
    }

    #[test]
    fn a_picture_is_turned_as_it_says_and_nothing_else_of_it_goes_along() {
        let picture = turned("19.4326,-99.1332 in Mexico City");
        assert!(picture.windows(7).any(|bytes| bytes == b"19.4326"));
        let preview = small(&picture).unwrap();
        let image = read(&preview);
        assert_eq!((preview.pixels, image.dimensions()), ((300, 600), (160, 320)));
        assert!(image.get_pixel(80, 10)[0] > 200 && image.get_pixel(80, 310)[2] > 200, "red is on top now");
        assert!(!preview.bytes.windows(4).any(|bytes| bytes == b"19.4" || bytes == b"Exif"));
    }

    #[test]
    fn what_is_seen_through_is_laid_on_white() {
        let clear = DynamicImage::ImageRgba8(RgbaImage::from_pixel(4, 4, image::Rgba([0, 0, 0, 0])));
        let image = read(&small(&encoded(&clear, ImageFormat::Png)).unwrap());
        assert!(image.pixels().all(|pixel| pixel.0.iter().all(|part| *part > 250)));
    }

    /// A file of a few hundred bytes that says that it is 30,000 pixels wide and high.
    #[test]
    fn trust_55_a_picture_bomb_is_not_decoded() {
        let mut bomb = encoded(&halves(1, 1), ImageFormat::Png);
        for side in [16..20, 20..24] {
            bomb[side].copy_from_slice(&30_000_u32.to_be_bytes());
        }
        assert_eq!(small(&bomb), None);
        let mut wide = encoded(&halves(1, 1), ImageFormat::Gif);
        wide[6..10].copy_from_slice(&[0xff; 4]);
        assert_eq!(small(&wide), None);
        // Within every side, beyond the pixels in all: a page of zeros that packs into a few kilobytes.
        let mut out = Vec::new();
        let (width, height) = (10_000, 5_000);
        let line = vec![0_u8; (width * height) as usize];
        image::codecs::png::PngEncoder::new(&mut out).write_image(&line, width, height, image::ExtendedColorType::L8).unwrap();
        assert!(out.len() < 1_000_000);
        assert_eq!(small(&out), None);
    }

    #[tokio::test]
    async fn what_is_no_picture_leaves_no_preview() {
        let maker = SmallPictures::default();
        let cut = encoded(&halves(640, 640), ImageFormat::Png);
        for bytes in [Vec::new(), b"hello".to_vec(), cut[..cut.len() / 2].to_vec(), b"BM\0\0".to_vec()] {
            assert_eq!(maker.preview(Bytes::from(bytes)).await, None);
        }
        assert!(maker.preview(Bytes::from(cut)).await.is_some());
    }
}
