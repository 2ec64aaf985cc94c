<?php

declare(strict_types=1);

namespace Imq\Token;

/** A key on the curve P-256 of the application; gateways have its public half. */
final class Es256 implements Signer
{
    private const NUMBER_BYTES = 32;

    private readonly PrivateKey $key;

    /** @param string $pem the private key's text, or `file://` and a path */
    public function __construct(
        #[\SensitiveParameter] string $pem,
        #[\SensitiveParameter] ?string $passphrase = null,
    ) {
        $this->key = PrivateKey::read($pem, $passphrase);
        if (($this->key->details['ec']['curve_name'] ?? '') !== 'prime256v1') {
            throw new \InvalidArgumentException('ES256 wants a key on the curve prime256v1');
        }
    }

    public function algorithm(): string
    {
        return 'ES256';
    }

    /**
     * OpenSSL writes a signature as DER, `30 len 02 len r 02 len s`; a token has r and s side by
     * side, each 32 bytes (RFC 7518 section 3.4). Of a key this short all lengths are a single
     * byte.
     */
    public function sign(string $text): string
    {
        $der = $this->key->sign($text);
        $rLength = ord($der[3]);
        $r = substr($der, 4, $rLength);
        $s = substr($der, 4 + $rLength + 2);
        return self::fixed($r) . self::fixed($s);
    }

    /** DER's numbers have a zero before a high bit, and none where they are short. */
    private static function fixed(string $number): string
    {
        return str_pad(ltrim($number, "\0"), self::NUMBER_BYTES, "\0", STR_PAD_LEFT);
    }
}
