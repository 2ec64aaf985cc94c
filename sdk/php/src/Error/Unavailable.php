<?php

declare(strict_types=1);

namespace Imq\Error;

/** Not now, and nothing was done. The library has tried again in vain until its time was over. */
final class Unavailable extends Refused
{
}
