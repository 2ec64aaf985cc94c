<?php

declare(strict_types=1);

namespace Imq\Rpc;

use Imq\Error\Refused;
use Imq\Fields;

/** What became of one item of a batch. */
final class Outcome
{
    private function __construct(
        private readonly ?Fields $answer,
        /** Why it was refused; null if it wasn't. */
        public readonly ?Refused $refused,
    ) {
    }

    public static function answered(Fields $answer): self
    {
        return new self($answer, null);
    }

    public static function refused(Refused $refused): self
    {
        return new self(null, $refused);
    }

    /** @throws Refused if it was */
    public function answer(): Fields
    {
        return $this->answer ?? throw $this->refused;
    }
}
