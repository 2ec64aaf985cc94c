<?php

declare(strict_types=1);

namespace Imq\Token;

/** Base64 as tokens have it: RFC 4648 section 5, without padding. */
final class Base64Url
{
    public static function write(string $bytes): string
    {
        return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    }

    /** Null if it is none. */
    public static function read(string $text): ?string
    {
        if (preg_match('/^[A-Za-z0-9_-]*$/D', $text) !== 1) {
            return null;
        }
        $bytes = base64_decode(strtr($text, '-_', '+/'), true);
        return $bytes === false ? null : $bytes;
    }
}
