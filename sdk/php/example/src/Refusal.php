<?php

declare(strict_types=1);

namespace Example;

/** The answer to a browser is no. */
final class Refusal extends \RuntimeException
{
    public function __construct(public readonly int $httpStatus, string $message)
    {
        parent::__construct($message);
    }
}
