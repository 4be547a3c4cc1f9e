from access import Access, role_problems


class Check:
    def __init__(self, config, schema, definition, context):
        self.config, self.schema, self.definition, self.context = config, schema, definition, context

    def errors(self):
        out = role_problems(self.config, self.context)
        if out:
            return out
        access = Access(self.config, self.context)
        tables = [self.schema.tables[self.definition["from"]]] + [self.schema.tables[j["table"]] for j in self.definition.get("joins", [])]
        return access.context_problems(tables)
