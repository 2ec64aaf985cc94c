<?php

declare(strict_types=1);

namespace Imq\Http;

/** Nobody answered at that address: nothing has been sent, so nothing was done. */
final class ConnectFailed extends \RuntimeException
{
}
