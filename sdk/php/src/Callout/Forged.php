<?php

declare(strict_types=1);

namespace Imq\Callout;

use Imq\Error\ImqException;

/** The request isn't, or can't be shown to be, a call-out of ours. */
final class Forged extends \RuntimeException implements ImqException
{
}
