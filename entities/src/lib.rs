//! Tables of Recado.
