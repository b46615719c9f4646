namespace RadLab.Radiology;

/// <summary>How a token looks, where it stands, and what a number can be; patterns test it beside <see cref="WordUse"/>.</summary>
[Flags]
internal enum TokenShape : uint
{
    None = 0,
    Word = 1 << 0,
    Number = 1 << 1,

    /// <summary>Its case allows a name: a capital first, or a text without capitals.</summary>
    Proper = 1 << 2,

    /// <summary>Its case speaks for a name: a capital first in a line of mixed case.</summary>
    Clear = 1 << 3,

    /// <summary>In a line of capitals or a text without them, where case tells nothing.</summary>
    Flat = 1 << 4,
    Lower = 1 << 5,

    /// <summary>Two to four capitals in a line of mixed case: an abbreviation before it is a name.</summary>
    Abbr = 1 << 6,

    /// <summary>No list explains it.</summary>
    Unknown = 1 << 7,

    /// <summary>A listed given or family name whose case agrees, or an unknown word whose case allows a name.</summary>
    Named = 1 << 8,

    /// <summary>A single letter that may abbreviate a name.</summary>
    Initial = 1 << 9,

    /// <summary>Begins a sentence, a line or an item, so that its capital says little.</summary>
    Start = 1 << 10,

    /// <summary>Three letters and more.</summary>
    Long = 1 << 11,

    /// <summary>Two or three letters: initials of a typist, if anything.</summary>
    Letters = 1 << 12,

    /// <summary>A word of forms, roles, acts and functions: no name by its capital alone.</summary>
    Role = 1 << 13,

    /// <summary>A single letter of any case.</summary>
    Letter = 1 << 14,

    /// <summary>Written in capitals, at least two letters.</summary>
    Upper = 1 << 15,

    /// <summary>1 to 12.</summary>
    MonthNumber = 1 << 16,

    /// <summary>1 to 31.</summary>
    DayNumber = 1 << 17,

    /// <summary>1900 to 2100.</summary>
    Year = 1 << 18,
    TwoDigits = 1 << 19,
    FourDigits = 1 << 20,
    FiveDigits = 1 << 21,

    /// <summary>90 to 125.</summary>
    OldAge = 1 << 22,

    /// <summary>At most six digits, as houses have.</summary>
    HouseNumber = 1 << 23,

    /// <summary>Five letters and more.</summary>
    Longer = 1 << 24,

    /// <summary>In a line that lists drugs or laboratory values.</summary>
    Listing = 1 << 25,

    /// <summary>A word that ends as streets do in other languages: Lindenstrasse.</summary>
    StreetName = 1 << 26,

    /// <summary>A number that continues no code, fraction or decimal.</summary>
    Free = 1 << 27,

    /// <summary>Two digits of which the first is 0: a month or a day before it is a count.</summary>
    LeadingZero = 1 << 28,
}
