try { exit 6 } finally { 'finally' }
