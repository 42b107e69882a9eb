module cityneg/clients

go 1.22
