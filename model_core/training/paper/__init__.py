"""The paper's own training, for VOCASET, BIWI and motions."""
