<?php

declare(strict_types=1);

namespace Imq\Error;

/**
 * Whatever this library throws over what came from outside. Mistakes of the program itself, such as
 * a payload that is no JSON, are PHP's own `InvalidArgumentException`.
 */
interface ImqException extends \Throwable
{
}
