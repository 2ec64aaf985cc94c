<?php

declare(strict_types=1);

namespace Imq\Tests;

/**
 * A gateway's RPC door that answers as the test has written, one act per request: `{"http",
 * "body"}` answers, with `"chunked"`, `"close"` or `"length": false` in that manner; `"raw"` sends
 * just these bytes; `"break"` closes without an answer; `"hang"` says nothing.
 */
final class FakeGateway
{
    public readonly int $port;
    private readonly Program $program;

    /** @param array<string, mixed> ...$acts */
    public function __construct(array ...$acts)
    {
        $this->program = new Program([__DIR__ . '/fake/gateway.php']);
        $this->program->write(json_encode($acts));
        $this->port = (int) $this->program->read();
    }

    public function url(): string
    {
        return "http://127.0.0.1:{$this->port}";
    }

    /** The next request that came, on which connection, with its headers in lower case. */
    public function request(): \stdClass
    {
        return json_decode($this->program->read(), false, 512, JSON_THROW_ON_ERROR);
    }

    public function end(): void
    {
        $this->program->end();
    }
}
