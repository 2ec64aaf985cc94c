<?php

declare(strict_types=1);

namespace Imq\Error;

/** A bug of the server. Nothing was done, and sending the same again meets the bug again. */
final class Internal extends Refused
{
}
