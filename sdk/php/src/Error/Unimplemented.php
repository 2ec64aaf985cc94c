<?php

declare(strict_types=1);

namespace Imq\Error;

/** This version of the server doesn't know the operation. */
final class Unimplemented extends Refused
{
}
