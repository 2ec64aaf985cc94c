<?php

declare(strict_types=1);

namespace Imq\Error;

/**
 * It ran or it didn't. Within two minutes the same call with the exception's `idempotencyKey` gets
 * the answer of the first, if that can still be known, and never runs twice while the queue lives.
 */
final class OutcomeUnknown extends Refused
{
}
