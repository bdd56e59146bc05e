"""The numbers that name payers, providers, persons and goods, each with the same four functions.

As in python-stdnum, every module has

- `compact(number)`: the number without separators, in the form in which it is stored and sent;
- `validate(number)`: the compact number, or an exception of `stdnum.exceptions` (`InvalidFormat`, `InvalidLength`,
  `InvalidChecksum`, `InvalidComponent`, all of them `ValidationError` and thereby `ValueError`);
- `is_valid(number)`: the same as True or False;
- `format(number)`: the form in which people read it.

Wrongly rejecting a valid number is worse than letting a wrong one pass: where no rule is published, only the form is
checked.

| module | number | country |
|---|---|---|
| `ik` | institution code (Institutionskennzeichen) | DE |
| `kvnr` | health insurance number (Krankenversichertennummer) | DE |
| `lanr` | lifelong physician number (lebenslange Arztnummer) | DE |
| `bsnr` | practice site number (Betriebsstättennummer) | DE |
| `pzn` | pharmacy product number (Pharmazentralnummer) | DE |
| `himi` | medical aid number (Hilfsmittelpositionsnummer) | DE |
| `insz` | social security number of a person (INSZ, NISS), national register and BIS numbers | BE |
| `kbo` | enterprise number (KBO, BCE), which is also the VAT number | BE |
| `riziv` | number of care providers and institutions (RIZIV, INAMI) | BE |
| `iban`, `bic` | bank account and bank | – |

`insz`, `kbo`, `iban` and `bic` are python-stdnum's own modules under the names that users look for.
"""

from stdnum import bic, iban
from stdnum.be import ssn as insz
from stdnum.be import vat as kbo

from billhook.identifiers import bsnr, himi, ik, kvnr, lanr, pzn, riziv

__all__ = ["bic", "bsnr", "himi", "iban", "ik", "insz", "kbo", "kvnr", "lanr", "pzn", "riziv"]
