<?php

declare(strict_types=1);

namespace Imq\Token;

use Imq\Json;

/**
 * Makes the tokens with which users connect: JSON Web Tokens whose `sub` is the user's id.
 *
 * The application says with it "this is ann, until then". It hands one out only to who has proved
 * to be ann, over HTTPS, and for no longer than it takes to come back for another.
 */
final class Maker
{
    /** What a gateway takes at most. */
    private const TOKEN_BYTES_MAX = 8192;
    private const USER_BYTES_MAX = 200;
    /** Characters without width and such that turn the text: Unicode's Default_Ignorable_Code_Point. */
    private const INVISIBLE = '\x{ad}\x{34f}\x{61c}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{180b}-\x{180f}'
        . '\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}\x{3164}\x{fe00}-\x{fe0f}\x{feff}\x{ffa0}'
        . '\x{fff0}-\x{fffb}\x{1bca0}-\x{1bca3}\x{1d173}-\x{1d17a}\x{e0000}-\x{e0fff}';
    private const OWN_CLAIMS = ['sub', 'iat', 'exp', 'aud', 'iss'];

    /**
     * @param string $audience what gateways are configured to want as `aud`; empty: none
     * @param string $issuer likewise as `iss`
     * @param string $keyId the key's name among those of the gateways, to change keys without a gap
     */
    public function __construct(
        private readonly Signer $signer,
        private readonly int $ttlSeconds = 3600,
        private readonly string $audience = '',
        private readonly string $issuer = '',
        private readonly string $keyId = '',
    ) {
        if ($ttlSeconds < 1) {
            throw new \InvalidArgumentException('ttlSeconds: at least 1');
        }
    }

    /**
     * @param array<string, mixed> $claims further ones, for the application's own use
     * @param ?int $now Unix time in seconds; null: the present
     * @throws \InvalidArgumentException if the user's id is none, or the token is too long
     */
    public function make(string $user, array $claims = [], ?int $now = null): string
    {
        self::checkUser($user);
        $taken = array_intersect(array_keys($claims), self::OWN_CLAIMS);
        if ($taken !== []) {
            throw new \InvalidArgumentException(
                'claims: ' . implode(', ', $taken) . ' are set by the maker itself',
            );
        }
        $now ??= time();
        $named = ['sub' => $user, 'iat' => $now, 'exp' => $now + $this->ttlSeconds];
        $optional = ['aud' => $this->audience, 'iss' => $this->issuer];
        $optional = array_filter($optional, fn (string $text): bool => $text !== '');
        $token = $this->encode($named + $optional + $claims);
        if (strlen($token) > self::TOKEN_BYTES_MAX) {
            $max = self::TOKEN_BYTES_MAX;
            throw new \InvalidArgumentException("claims: the token has more than {$max} bytes");
        }
        return $token;
    }

    /** @param array<string, mixed> $claims */
    private function encode(array $claims): string
    {
        $header = ['alg' => $this->signer->algorithm(), 'typ' => 'JWT'];
        $header += $this->keyId === '' ? [] : ['kid' => $this->keyId];
        $parts = array_map(Base64Url::write(...), [Json::write($header), Json::write($claims)]);
        $text = implode('.', $parts);
        return $text . '.' . Base64Url::write($this->signer->sign($text));
    }

    /** The rules of `docs/protocol.md` for user ids. */
    private static function checkUser(string $user): void
    {
        $length = strlen($user);
        $fits = $length >= 1 && $length <= self::USER_BYTES_MAX
            && preg_match('~^[^/\p{Cc}\p{Z}' . self::INVISIBLE . ']+$~Du', $user) === 1;
        if (!$fits) {
            throw new \InvalidArgumentException(
                'a user id has 1 to 200 bytes of UTF-8, without slashes, whitespace, controls and '
                    . 'invisible characters',
            );
        }
    }
}
