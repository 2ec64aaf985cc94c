<?php

declare(strict_types=1);

namespace Imq\Rpc;

use Imq\Http\Address;

/** Where the gateways are, and how long the application is willing to wait for them. */
final class Settings
{
    /** Half of what a key is remembered: who resends stops before who remembers forgets. */
    public const TIMEOUT_MS_MAX = 60_000;

    /** @var non-empty-list<Address> */
    public readonly array $gateways;

    /**
     * @param string|list<string> $gateways the RPC doors, `http://host:7490`; any of them serves,
     *     and the next one is tried when one doesn't
     * @param string $key the API key
     * @param int $timeoutMs for a call as a whole, with all its attempts
     * @param int $connectTimeoutMs for one attempt to connect
     * @param int $firstWaitMs before the first repetition; it doubles, up to ten times as much
     * @param array<string, mixed> $tls options of PHP's `ssl` stream context, such as `cafile`
     */
    public function __construct(
        string|array $gateways,
        #[\SensitiveParameter] public readonly string $key,
        public readonly int $timeoutMs = 10_000,
        public readonly int $connectTimeoutMs = 1_000,
        public readonly int $firstWaitMs = 50,
        public readonly array $tls = [],
    ) {
        $addresses = array_map(Address::fromUrl(...), array_values((array) $gateways));
        if ($addresses === []) {
            throw new \InvalidArgumentException('gateways: name at least one, http://host:7490');
        }
        if (preg_match('/^[\x21-\x7e]+$/D', $key) !== 1) {
            throw new \InvalidArgumentException('key: no API key is empty or has such characters');
        }
        if ($timeoutMs < 1 || $timeoutMs > self::TIMEOUT_MS_MAX) {
            throw new \InvalidArgumentException('timeoutMs: 1 to ' . self::TIMEOUT_MS_MAX);
        }
        if ($connectTimeoutMs < 1 || $firstWaitMs < 1) {
            throw new \InvalidArgumentException('connectTimeoutMs, firstWaitMs: at least 1');
        }
        $this->gateways = $addresses;
    }
}
