<?php

declare(strict_types=1);

namespace Imq\Token;

/** An Ed25519 key of the application, by ext-sodium; gateways have its public half. */
final class EdDsa implements Signer
{
    private const SEED_BYTES = 32;

    /** What stands before the seed in a PKCS#8 file (RFC 8410 section 7). */
    private const PKCS8_HEAD = "\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

    private function __construct(private readonly string $secretKey)
    {
    }

    /** @param string $seed the private key's 32 bytes */
    public static function fromSeed(#[\SensitiveParameter] string $seed): self
    {
        if (!extension_loaded('sodium')) {
            throw new \RuntimeException('EdDSA needs ext-sodium');
        }
        if (strlen($seed) !== self::SEED_BYTES) {
            throw new \InvalidArgumentException('the seed of an Ed25519 key has 32 bytes');
        }
        return new self(sodium_crypto_sign_secretkey(sodium_crypto_sign_seed_keypair($seed)));
    }

    /** @param string $pem as `openssl genpkey -algorithm ed25519` writes it */
    public static function fromPem(#[\SensitiveParameter] string $pem): self
    {
        $der = base64_decode(preg_replace('/-----[A-Z ]+-----|\s/', '', $pem), true);
        if ($der === false || !str_starts_with($der, self::PKCS8_HEAD)) {
            throw new \InvalidArgumentException(
                'not an Ed25519 private key: make one with `openssl genpkey -algorithm ed25519`',
            );
        }
        return self::fromSeed(substr($der, strlen(self::PKCS8_HEAD)));
    }

    public function algorithm(): string
    {
        return 'EdDSA';
    }

    public function sign(string $text): string
    {
        return sodium_crypto_sign_detached($text, $this->secretKey);
    }
}
