<?php

declare(strict_types=1);

namespace Imq\Error;

/** A condition of the operation doesn't hold, such as `if_version`. */
final class Precondition extends Refused
{
}
