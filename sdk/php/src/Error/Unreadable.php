<?php

declare(strict_types=1);

namespace Imq\Error;

/** The other side's words have a field of another kind than was agreed: the versions don't fit. */
final class Unreadable extends \RuntimeException implements ImqException
{
}
