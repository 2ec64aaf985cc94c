<?php

declare(strict_types=1);

namespace Imq\Callout;

/** What a call-out is signed with, as the cluster configuration has it: `whsec_` and base64. */
final class Secret
{
    private const BYTES_MIN = 24;
    private const BYTES_MAX = 64;

    private readonly string $bytes;

    public function __construct(#[\SensitiveParameter] string $text)
    {
        $coded = str_starts_with($text, 'whsec_') ? substr($text, 6) : '';
        $bytes = (string) base64_decode($coded, true);
        if (strlen($bytes) < self::BYTES_MIN || strlen($bytes) > self::BYTES_MAX) {
            throw new \InvalidArgumentException(
                'a call-out secret is `whsec_` and the base64 of 24 to 64 random bytes: '
                . 'echo "whsec_$(openssl rand -base64 32)" makes one',
            );
        }
        $this->bytes = $bytes;
    }

    /** The signature of a call-out: `v1,` and base64 (Standard Webhooks). */
    public function sign(string $id, int $timestamp, string $body): string
    {
        $mac = hash_hmac('sha256', "{$id}.{$timestamp}.{$body}", $this->bytes, true);
        return 'v1,' . base64_encode($mac);
    }
}
