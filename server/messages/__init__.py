"""Messages: what people are told, in the site and by SMS, once for each thing that happened."""
