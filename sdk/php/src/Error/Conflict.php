<?php

declare(strict_types=1);

namespace Imq\Error;

/** It clashes with what is there, or the Idempotency-Key was used for something else. */
final class Conflict extends Refused
{
}
