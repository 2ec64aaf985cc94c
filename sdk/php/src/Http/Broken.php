<?php

declare(strict_types=1);

namespace Imq\Http;

/** The connection ended, or time was over, before the answer was whole: it may have been done. */
final class Broken extends \RuntimeException
{
}
