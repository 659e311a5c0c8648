try { throw 'x' } catch { "caught $_" }
