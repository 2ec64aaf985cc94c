<?php

declare(strict_types=1);

namespace Imq\Rpc;

use Imq\Error\Refused;
use Imq\Fields;

/**
 * What one attempt of a call came to.
 *
 * @internal
 */
final class Attempt
{
    private function __construct(
        private readonly ?Fields $answer,
        public readonly ?Refused $refused,
        /** Whether another attempt may come to more. */
        public readonly bool $again,
        /** Whether the operation may have been done although no answer says so. */
        public readonly bool $mayHaveRun,
    ) {
    }

    public static function answered(Fields $answer, bool $again): self
    {
        return new self($answer, null, $again, false);
    }

    public static function refused(Refused $refused): self
    {
        return new self(null, $refused, false, false);
    }

    public static function again(Refused $refused, bool $mayHaveRun): self
    {
        return new self(null, $refused, true, $mayHaveRun);
    }

    /** @throws Refused */
    public function answer(): Fields
    {
        return $this->answer ?? throw $this->refused;
    }
}
