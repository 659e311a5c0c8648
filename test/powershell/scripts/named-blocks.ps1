param()
begin { 'begin' }
process { 'process' }
end { 'end'; sh -c 'exit 5' }
