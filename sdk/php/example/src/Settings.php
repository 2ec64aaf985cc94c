<?php

declare(strict_types=1);

namespace Example;

/** What the application is told by its environment; run.sh sets it. */
final class Settings
{
    private function __construct(
        /** The RPC doors of the gateways. */
        public readonly array $rpc,
        public readonly string $rpcKey,
        /** Where clients connect, handed out with the token. */
        public readonly string $gateway,
        public readonly string $calloutSecret,
        public readonly string $tokenSecret,
        public readonly string $dataFile,
    ) {
    }

    public static function fromEnvironment(): self
    {
        return new self(
            explode(' ', self::read('IMQ_RPC')),
            self::read('IMQ_RPC_KEY'),
            self::read('IMQ_GATEWAY'),
            self::read('IMQ_CALLOUT_SECRET'),
            self::read('IMQ_TOKEN_SECRET'),
            self::read('EXAMPLE_DATA'),
        );
    }

    private static function read(string $name): string
    {
        $value = getenv($name);
        if ($value === false || $value === '') {
            throw new \RuntimeException("{$name} is not set: start the example with run.sh");
        }
        return $value;
    }
}
