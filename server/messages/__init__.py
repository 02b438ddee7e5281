"""Messages: what people are told, in the site, by WeChat or by SMS, once for each thing that happened."""
