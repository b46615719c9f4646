namespace RadLab.Radiology;

/// <summary>What stands in the text afterwards.</summary>
public enum DeidentificationMode
{
    /// <summary>
    /// Follows the list of 45 CFR 164.514(b)(2): every identifier becomes its kind in brackets, of a date only the year stays, ages over 89 are one group.
    /// Whether the rule is met remains a judgement for people: no detector finds everything.
    /// </summary>
    SafeHarbor,

    /// <summary>
    /// Readable text for use under expert determination, 164.514(b)(1): names, places and numbers are exchanged consistently within a patient, dates are
    /// shifted by one offset per patient so that intervals stay. Every surrogate stands in markers.
    /// </summary>
    Surrogates,
}

/// <summary>How to de-identify. The defaults are the strict ones.</summary>
public sealed record DeidentificationSettings
{
    public DeidentificationMode Mode { get; init; } = DeidentificationMode.SafeHarbor;

    /// <summary>
    /// At least 32 bytes from which surrogates, date offsets and audit tokens are derived, or null for a random key that dies with the <see cref="Deidentifier"/>.
    /// Give one only to repeat a run; whoever has the key can test guesses against the tokens.
    /// </summary>
    public byte[]? Key { get; init; }

    /// <summary>Whether the audit carries a keyed token of each replaced value (equal values of one kind have equal tokens). Off by default.</summary>
    public bool AuditTokens { get; init; }

    /// <summary>Reads 03/04/2014 as 3 April where true; dates that only fit the other order are read in the other order.</summary>
    public bool DayFirst { get; init; }

    /// <summary>Upper bound of the date offset, in weeks to either side; offsets are whole weeks, so that weekdays stay true.</summary>
    public int MostWeeksShifted { get; init; } = 260;
}
