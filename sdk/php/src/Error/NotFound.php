<?php

declare(strict_types=1);

namespace Imq\Error;

/** There is no such queue, mount, key, user or method. */
final class NotFound extends Refused
{
}
