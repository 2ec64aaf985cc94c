<?php

declare(strict_types=1);

namespace Imq\Http;

/** Where a gateway listens: `http://host:port` or `https://host:port`, with nothing behind it. */
final class Address
{
    private function __construct(
        public readonly bool $secure,
        public readonly string $host,
        public readonly int $port,
    ) {
    }

    /** @throws \InvalidArgumentException if the URL is none of that form */
    public static function fromUrl(string $url): self
    {
        $parts = parse_url($url);
        $scheme = $parts['scheme'] ?? '';
        $host = $parts['host'] ?? '';
        $foreign = array_diff_key($parts ?: [], array_flip(['scheme', 'host', 'port', 'path']));
        $isRooted = in_array($parts['path'] ?? '/', ['/', ''], true);
        $isHttp = in_array($scheme, ['http', 'https'], true);
        if (!$isHttp || $host === '' || $foreign !== [] || !$isRooted) {
            throw new \InvalidArgumentException(
                "gateway \"{$url}\": write http://host:port or https://host:port",
            );
        }
        $secure = $scheme === 'https';
        return new self($secure, $host, $parts['port'] ?? ($secure ? 443 : 80));
    }

    /** As the `Host` header wants it. */
    public function authority(): string
    {
        return "{$this->host}:{$this->port}";
    }

    /** As PHP's streams want it. */
    public function stream(): string
    {
        return ($this->secure ? 'ssl' : 'tcp') . "://{$this->authority()}";
    }
}
