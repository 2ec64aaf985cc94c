<?php

declare(strict_types=1);

namespace Imq\Token;

/** A secret that the application and the gateways share: HMAC with SHA-256. */
final class Hs256 implements Signer
{
    /** RFC 7518 section 3.2: not less than the hash has. */
    public const SECRET_BYTES_MIN = 32;

    /** @param string $secret its bytes, at least 32 of them and drawn at random */
    public function __construct(#[\SensitiveParameter] private readonly string $secret)
    {
        if (strlen($secret) < self::SECRET_BYTES_MIN) {
            throw new \InvalidArgumentException(
                'an HS256 secret has at least 32 bytes: make one with `openssl rand -hex 32`',
            );
        }
    }

    public function algorithm(): string
    {
        return 'HS256';
    }

    public function sign(string $text): string
    {
        return hash_hmac('sha256', $text, $this->secret, true);
    }
}
