<?php

declare(strict_types=1);

namespace Imq\Token;

use Imq\Error\ImqException;

/** A token is no good; the message says why, for the log and not for the user. */
final class Refused extends \RuntimeException implements ImqException
{
}
