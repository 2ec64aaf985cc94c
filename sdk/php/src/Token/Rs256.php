<?php

declare(strict_types=1);

namespace Imq\Token;

/** An RSA key of the application; gateways have its public half. */
final class Rs256 implements Signer
{
    /** RFC 7518 section 3.3. */
    private const BITS_MIN = 2048;

    private readonly PrivateKey $key;

    /** @param string $pem the private key's text, or `file://` and a path */
    public function __construct(
        #[\SensitiveParameter] string $pem,
        #[\SensitiveParameter] ?string $passphrase = null,
    ) {
        $this->key = PrivateKey::read($pem, $passphrase);
        $isRsa = $this->key->type === OPENSSL_KEYTYPE_RSA;
        if (!$isRsa || $this->key->details['bits'] < self::BITS_MIN) {
            throw new \InvalidArgumentException('RS256 wants an RSA key of at least 2048 bits');
        }
    }

    public function algorithm(): string
    {
        return 'RS256';
    }

    public function sign(string $text): string
    {
        return $this->key->sign($text);
    }
}
