<?php

declare(strict_types=1);

namespace Imq\Tests;

use Imq\Token\Base64Url;
use Imq\Token\EdDsa;
use Imq\Token\Es256;
use Imq\Token\Hs256;
use Imq\Token\Maker;
use Imq\Token\Refused;
use Imq\Token\Rs256;
use Imq\Token\Verifier;

const NOW = 1_700_000_000;

$secret = 'a secret of at least thirty-two bytes';
$key = fn (string $name): string => file_get_contents(__DIR__ . "/keys/{$name}.pem");
$part = fn (string $token, int $at): array =>
    json_decode(Base64Url::read(explode('.', $token)[$at]), true);

return [
    'HS256 signs as RFC 7515 appendix A.1 does' => function (): void {
        $key = Base64Url::read(
            'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T'
            . '-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
        );
        $text = 'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.'
            . 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQog'
            . 'Imh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
        $signature = Base64Url::write((new Hs256($key))->sign($text));
        Check::same('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk', $signature);
    },

    'EdDSA signs as RFC 8037 appendix A.4 does' => function () use ($key): void {
        $seed = Base64Url::read('nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A');
        $text = 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc';
        $wanted = 'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6'
            . 'dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg';
        foreach ([EdDsa::fromSeed($seed), EdDsa::fromPem($key('ed25519'))] as $signer) {
            Check::same($wanted, Base64Url::write($signer->sign($text)));
        }
    },

    'RS256 makes the token that another library made with the same key' => function () use (
        $key,
    ): void {
        $signature = 'RKych619i7UNvzDYgLx5l2xcQ7tjzGWtDyloGpTiRhEk3b3IRg54V0CrVI6YbdDyR9UeAP4Z'
            . 'jmjdXkSU1PcfzDBFHmk7tO983acPqhJjPh26FcIawJH9XDQ_bviBC2g_FJ5a2_LCPcMuHDEf'
            . 'AvYJAL5OnZaudgWWdhycfKe76rthOmmu6Svs8RMKVJNNInkMRggqV0czpVGu10Ngsel_tkjy'
            . 's2EKlIbW4xba2AG3YumtHl77-Q2FGb7XEju4KToGBbsInJH5fI52KPdgpu_Dobqoo5TWHm_-'
            . 'x_IESD9M2VNXrySINHRdlKgD7VzsxotKmL8BTwSVMip7fgDQ02ueIA';
        $token = (new Maker(new Rs256($key('rsa'))))->make('ann', now: NOW);
        Check::same($signature, explode('.', $token)[2]);
    },

    'ES256 makes signatures of 64 bytes that OpenSSL confirms' => function () use ($key): void {
        $public = openssl_pkey_get_details(openssl_pkey_get_private($key('p256')))['key'];
        $signer = new Es256($key('p256'));
        $number = fn (string $bytes): string => (ord($bytes[0]) >= 0x80 ? "\0" : '') . $bytes;
        $der = fn (int $tag, string $bytes): string => chr($tag) . chr(strlen($bytes)) . $bytes;
        // So many that numbers with leading zeros, one in 256 each, are among them.
        for ($i = 0; $i < 2000; $i++) {
            $signature = $signer->sign("text {$i}");
            Check::same(64, strlen($signature));
            [$r, $s] = array_map(
                fn (string $half): string => ltrim($half, "\0"),
                str_split($signature, 32),
            );
            $asn1 = $der(0x30, $der(0x02, $number($r)) . $der(0x02, $number($s)));
            Check::same(1, openssl_verify("text {$i}", $asn1, $public, OPENSSL_ALGO_SHA256));
        }
    },

    'a token says who, for whom, from whom and until when' => function () use (
        $secret,
        $part,
    ): void {
        $maker = new Maker(new Hs256($secret), 60, 'imq', 'shop', 'key-2');
        $token = $maker->make('änn', ['name' => 'Ann'], NOW);
        Check::same(['alg' => 'HS256', 'typ' => 'JWT', 'kid' => 'key-2'], $part($token, 0));
        Check::same([
            'sub' => 'änn',
            'iat' => NOW,
            'exp' => NOW + 60,
            'aud' => 'imq',
            'iss' => 'shop',
            'name' => 'Ann',
        ], $part($token, 1));
    },

    'what can\'t be a token is refused' => function () use ($secret, $key): void {
        $maker = new Maker(new Hs256($secret));
        $mistakes = [
            fn () => $maker->make(''),
            fn () => $maker->make('a/b'),
            fn () => $maker->make('a b'),
            fn () => $maker->make("a\u{200b}b"),
            fn () => $maker->make("a\u{202e}b"),
            fn () => $maker->make("a\u{e0041}b"),
            fn () => $maker->make("a\u{2028}b"),
            fn () => $maker->make("a\x7f"),
            fn () => $maker->make("\xff"),
            fn () => $maker->make(str_repeat('a', 201)),
            fn () => $maker->make('ann', ['sub' => 'bob']),
            fn () => $maker->make('ann', ['x' => str_repeat('x', 9000)]),
            fn () => new Maker(new Hs256($secret), 0),
            fn () => new Hs256('short'),
            fn () => new Rs256($key('p256')),
            fn () => new Es256($key('rsa')),
            fn () => new Rs256('not a key'),
            fn () => EdDsa::fromPem($key('rsa')),
            fn () => EdDsa::fromSeed('short'),
        ];
        foreach ($mistakes as $mistake) {
            Check::throws(\InvalidArgumentException::class, $mistake);
        }
    },

    'the verifier takes what the maker made, with either of two secrets' => function () use (
        $secret,
    ): void {
        $old = strrev($secret);
        $verifier = new Verifier([$secret, $old], 'imq', 'shop');
        foreach ([$secret, $old] as $one) {
            $maker = new Maker(new Hs256($one), 60, 'imq', 'shop');
            $token = $maker->make('ann', ['team' => 7], NOW);
            $claims = $verifier->verify($token, NOW + 30);
            $given = [$claims->user, $claims->expiresAt, $claims->all->team];
            Check::same(['ann', NOW + 60, 7], $given);
        }
    },

    'the verifier says what is wrong' => function () use ($secret): void {
        $maker = new Maker(new Hs256($secret), 60, 'imq', 'shop');
        $good = $maker->make('ann', ['nbf' => NOW], NOW);
        [$header, $body, $signature] = explode('.', $good);
        $forge = function (array $header, array $claims) use ($secret): string {
            $parts = array_map('json_encode', [$header, $claims]);
            $text = implode('.', array_map(Base64Url::write(...), $parts));
            return "{$text}." . Base64Url::write((new Hs256($secret))->sign($text));
        };
        $hs256 = ['alg' => 'HS256'];
        $none = Base64Url::write('{"alg":"none"}');
        $other = (new Maker(new Hs256(strrev($secret))))->make('ann', now: NOW);
        $verifier = new Verifier([$secret], 'imq', 'shop');
        $cases = [
            [$other, NOW, 'signature'],
            ["{$header}.{$body}.", NOW, 'signature'],
            ["{$header}.{$body}." . substr($signature, 0, -1), NOW, 'signature'],
            ["{$none}.{$body}.", NOW, 'algorithm'],
            [$forge(['alg' => 'HS512'], ['sub' => 'ann', 'exp' => NOW]), NOW, 'algorithm'],
            [$good, NOW + 66, 'expired 6 s ago'],
            [$good, NOW - 10, 'not good before'],
            [$forge($hs256, ['exp' => NOW]), NOW, 'no sub'],
            [$forge($hs256, ['sub' => 'ann']), NOW, 'no exp'],
            [$forge($hs256, ['sub' => 'ann', 'exp' => "1"]), NOW, 'no exp'],
            [$forge($hs256, ['sub' => 'ann', 'exp' => NOW, 'aud' => ['x']]), NOW, 'audience'],
            [$forge($hs256, ['sub' => 'ann', 'exp' => NOW, 'aud' => ['imq', 'x']]), NOW, 'issuer'],
            ['', NOW, 'three parts'],
            ['a.b.c', NOW, 'JSON'],
            [str_repeat('a', 9000), NOW, 'three parts'],
        ];
        foreach ($cases as [$token, $now, $why]) {
            $thrown = Check::throws(Refused::class, fn () => $verifier->verify($token, $now));
            Check::has($why, $thrown->getMessage());
        }
    },
];
