<?php

declare(strict_types=1);

namespace Imq\Error;

/** This API key may not do that. */
final class Forbidden extends Refused
{
}
