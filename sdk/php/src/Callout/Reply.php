<?php

declare(strict_types=1);

namespace Imq\Callout;

use Imq\Json;

/** What goes back to the gateway. */
final class Reply
{
    private function __construct(
        public readonly int $httpStatus,
        /** JSON, or empty. */
        public readonly string $body,
    ) {
    }

    public static function verdict(Verdict $verdict): self
    {
        return new self(200, Json::write($verdict->body));
    }

    public static function heard(): self
    {
        return new self(204, '');
    }

    public static function error(int $httpStatus, string $message): self
    {
        return new self($httpStatus, Json::write(['error' => $message]));
    }

    /** Sends it as the response of the present request. */
    public function send(): void
    {
        http_response_code($this->httpStatus);
        if ($this->body !== '') {
            header('Content-Type: application/json');
            header('Content-Length: ' . strlen($this->body));
            echo $this->body;
        }
    }
}
