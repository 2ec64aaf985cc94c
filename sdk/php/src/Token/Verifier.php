<?php

declare(strict_types=1);

namespace Imq\Token;

use Imq\Json;

/**
 * Checks tokens that a {@see Maker} made with {@see Hs256}.
 *
 * Gateways do it themselves where they have the key. This is for an application that keeps its
 * secret to itself and answers the `connect` call-out. One algorithm is known, so none can be
 * chosen by a token.
 */
final class Verifier
{
    private const TOKEN_BYTES_MAX = 8192;
    /** Clocks of two machines differ this much. */
    private const LEEWAY_SECONDS = 5;

    /**
     * @param list<string> $secrets the present one, and those before it that are still good
     * @param string $audience what `aud` must be or have; empty: not checked
     * @param string $issuer what `iss` must be; empty: not checked
     */
    public function __construct(
        #[\SensitiveParameter] private readonly array $secrets,
        private readonly string $audience = '',
        private readonly string $issuer = '',
    ) {
    }

    /**
     * The claims of a token that is good.
     *
     * @param ?int $now Unix time in seconds; null: the present
     * @throws Refused
     */
    public function verify(string $token, ?int $now = null): Claims
    {
        $parts = explode('.', $token);
        if (strlen($token) > self::TOKEN_BYTES_MAX || count($parts) !== 3) {
            throw new Refused('not a token: it has three parts, with dots between them');
        }
        [$header, $body, $signature] = $parts;
        $algorithm = self::part($header)->alg ?? null;
        if ($algorithm !== 'HS256') {
            throw new Refused('the token is signed with another algorithm than HS256');
        }
        if (!$this->isSigned("{$header}.{$body}", (string) Base64Url::read($signature))) {
            throw new Refused('the signature is not ours');
        }
        return $this->claims(self::part($body), $now ?? time());
    }

    private function isSigned(string $text, string $signature): bool
    {
        $good = false;
        foreach ($this->secrets as $secret) {
            $good = hash_equals((new Hs256($secret))->sign($text), $signature) || $good;
        }
        return $good;
    }

    private function claims(\stdClass $claims, int $now): Claims
    {
        $user = $claims->sub ?? null;
        $expires = $claims->exp ?? null;
        $notBefore = $claims->nbf ?? 0;
        if (!is_string($user) || !is_int($expires) || !is_int($notBefore)) {
            throw new Refused('the token has no sub or no exp, or they are of another kind');
        }
        if ($expires + self::LEEWAY_SECONDS <= $now) {
            throw new Refused('the token has expired ' . ($now - $expires) . ' s ago');
        }
        if ($notBefore - self::LEEWAY_SECONDS > $now) {
            $wait = $notBefore - $now;
            throw new Refused("the token is not good before {$wait} s have passed");
        }
        $audiences = (array) ($claims->aud ?? []);
        if ($this->audience !== '' && !in_array($this->audience, $audiences, true)) {
            throw new Refused("the token is for another audience than {$this->audience}");
        }
        if ($this->issuer !== '' && ($claims->iss ?? null) !== $this->issuer) {
            throw new Refused("the token is from another issuer than {$this->issuer}");
        }
        return new Claims($user, $expires, $claims);
    }

    private static function part(string $text): \stdClass
    {
        try {
            return Json::readObject(Base64Url::read($text) ?? '');
        } catch (\JsonException $error) {
            throw new Refused('a part of the token is not a JSON object', previous: $error);
        }
    }
}
