"""The official account (服务号): what WeChat tells us, what we answer, who follows and who is bound."""
