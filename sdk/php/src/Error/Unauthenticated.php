<?php

declare(strict_types=1);

namespace Imq\Error;

/** The API key is missing or is none of the gateway's. */
final class Unauthenticated extends Refused
{
}
