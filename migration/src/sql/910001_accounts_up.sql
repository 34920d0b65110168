-- People who sign in: accounts, their memberships of businesses, sessions, and what proves who they are. {id}, {ts} as in the first
-- migration. Tokens are stored as their SHA-256 in hex; what is sealed says so.

-- The installation's own data key, wrapped like a tenant's: seals what belongs to no tenant, and keys passwords and tokens.
CREATE TABLE platform_key (
    dek_id bigint NOT NULL PRIMARY KEY,
    kek_id text NOT NULL,
    wrapped {bytes} NOT NULL,
    created_at {ts} NOT NULL
);

-- A person. One account may be a member of several businesses.
CREATE TABLE account (
    id {id} NOT NULL PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name text NOT NULL,
    phone text,
    locale text NOT NULL,
    password_hash text NOT NULL,
    password_changed_at {ts} NOT NULL,
    totp_state text NOT NULL DEFAULT 'off' CHECK (totp_state IN ('off', 'pending', 'on')),
    totp_secret {bytes},
    totp_last_step bigint,
    failures bigint NOT NULL DEFAULT 0,
    failed_at {ts},
    locked_until {ts},
    created_at {ts} NOT NULL,
    updated_at {ts} NOT NULL
);

-- What an account is in a business. Name and address stand here too, since colleagues read them and accounts are nobody's to read.
CREATE TABLE member (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    account_id {id} NOT NULL REFERENCES account (id),
    role text NOT NULL CHECK (role IN ('owner', 'administrator', 'member')),
    permissions text,
    inboxes text,
    name text NOT NULL,
    email text NOT NULL,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'removed')),
    version bigint NOT NULL DEFAULT 1,
    created_at {ts} NOT NULL,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, account_id)
);
CREATE INDEX member_account ON member (account_id);

-- One sign-in of one member on one device; its refresh tokens are its family.
CREATE TABLE session (
    tenant_id {id} NOT NULL,
    id {id} NOT NULL,
    member_id {id} NOT NULL,
    account_id {id} NOT NULL REFERENCES account (id),
    ip text NOT NULL,
    user_agent text NOT NULL,
    created_at {ts} NOT NULL,
    last_seen_at {ts} NOT NULL,
    expires_at {ts} NOT NULL,
    ended_at {ts},
    end_reason text,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX session_account ON session (account_id, created_at);
CREATE INDEX session_member ON session (tenant_id, member_id, created_at);

-- One-use refresh tokens; a rotated one that comes back ends its session.
CREATE TABLE refresh_token (
    hash text NOT NULL PRIMARY KEY,
    tenant_id {id} NOT NULL,
    session_id {id} NOT NULL,
    issued_at {ts} NOT NULL,
    expires_at {ts} NOT NULL,
    rotated_at {ts},
    successor text,
    FOREIGN KEY (tenant_id, session_id) REFERENCES session (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX refresh_token_session ON refresh_token (tenant_id, session_id);
CREATE INDEX refresh_token_expiry ON refresh_token (expires_at);

-- One-use links and steps of one account: a new password, a confirmed address.
CREATE TABLE account_token (
    hash text NOT NULL PRIMARY KEY,
    account_id {id} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    purpose text NOT NULL CHECK (purpose IN ('reset', 'mfa', 'verify')),
    created_at {ts} NOT NULL,
    expires_at {ts} NOT NULL,
    used_at {ts}
);
CREATE INDEX account_token_account ON account_token (account_id, purpose);

-- Codes that stand in for the second factor, each once.
CREATE TABLE recovery_code (
    account_id {id} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    hash text NOT NULL,
    created_at {ts} NOT NULL,
    used_at {ts},
    PRIMARY KEY (account_id, hash)
);

-- A place in a business that waits for somebody who was asked by mail.
CREATE TABLE invitation (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    email text NOT NULL,
    role text NOT NULL CHECK (role IN ('administrator', 'member')),
    permissions text,
    inboxes text,
    invited_by {id} NOT NULL,
    hash text NOT NULL UNIQUE,
    created_at {ts} NOT NULL,
    expires_at {ts} NOT NULL,
    accepted_at {ts},
    revoked_at {ts},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, invited_by) REFERENCES member (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX invitation_email ON invitation (tenant_id, email);
