<?php

declare(strict_types=1);

namespace Imq\Token;

/** A key that signs tokens, with the algorithm that it is for. */
interface Signer
{
    /** The algorithm's name, as RFC 7518 and RFC 8037 write it. */
    public function algorithm(): string;

    /** The signature's bytes. */
    public function sign(string $text): string;
}
