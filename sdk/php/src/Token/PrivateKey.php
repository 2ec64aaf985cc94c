<?php

declare(strict_types=1);

namespace Imq\Token;

/**
 * A private key of ext-openssl, checked to be of the kind that its algorithm wants.
 *
 * @internal
 */
final class PrivateKey
{
    /** @param array<string, mixed> $details as `openssl_pkey_get_details` gives them */
    private function __construct(
        private readonly \OpenSSLAsymmetricKey $key,
        public readonly int $type,
        public readonly array $details,
    ) {
    }

    /** @param string $pem the key's text, or `file://` and a path */
    public static function read(string $pem, ?string $passphrase): self
    {
        if (!extension_loaded('openssl')) {
            throw new \RuntimeException('signing with this algorithm needs ext-openssl');
        }
        $key = openssl_pkey_get_private($pem, $passphrase);
        $details = $key === false ? false : openssl_pkey_get_details($key);
        if ($key === false || $details === false) {
            $why = openssl_error_string() ?: 'no PEM';
            throw new \InvalidArgumentException("not a private key that can be read: {$why}");
        }
        return new self($key, $details['type'], $details);
    }

    public function sign(string $text): string
    {
        if (!openssl_sign($text, $signature, $this->key, OPENSSL_ALGO_SHA256)) {
            throw new \RuntimeException('signing has failed: ' . openssl_error_string());
        }
        return $signature;
    }
}
