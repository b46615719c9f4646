namespace RadLab.Radiology;

/// <summary>
/// The identifiers that Safe Harbor, 45 CFR 164.514(b)(2)(i), names, in its order (A) to (R). Ages over 89 belong to its dates (C) and have a value of
/// their own here because they are grouped, not shifted; clock times count as dates.
/// </summary>
public enum PhiKind : byte
{
    /// <summary>(A) Names of patients, relatives, employers and staff.</summary>
    Name,

    /// <summary>(B) Addresses and everything smaller than a state: towns, counties, ZIP codes, named institutions.</summary>
    Place,

    /// <summary>(C) Elements of dates except the year; clock times.</summary>
    Date,

    /// <summary>(C) Ages over 89.</summary>
    Age,

    /// <summary>(D) Telephone and pager numbers, extensions.</summary>
    Phone,

    /// <summary>(E) Fax numbers.</summary>
    Fax,

    /// <summary>(F) E-mail addresses.</summary>
    Email,

    /// <summary>(G) Social security and national insurance numbers.</summary>
    SocialSecurity,

    /// <summary>(H) Medical record numbers.</summary>
    MedicalRecord,

    /// <summary>(I) Health plan beneficiary numbers.</summary>
    HealthPlan,

    /// <summary>(J) Account, visit and encounter numbers.</summary>
    Account,

    /// <summary>(K) Certificate and licence numbers.</summary>
    Licence,

    /// <summary>(L) Vehicle identifiers and licence plates.</summary>
    Vehicle,

    /// <summary>(M) Device identifiers and serial numbers.</summary>
    Device,

    /// <summary>(N) Web addresses.</summary>
    Url,

    /// <summary>(O) Internet protocol addresses.</summary>
    IpAddress,

    /// <summary>(P) Biometric identifiers.</summary>
    Biometric,

    /// <summary>(Q) Full-face photographs and comparable images.</summary>
    Photo,

    /// <summary>(R) Any other unique number or code: accession numbers, DICOM identifiers, job numbers.</summary>
    OtherId,
}

/// <summary>A stretch of text that looks like an identifier.</summary>
/// <param name="Kind">Which one.</param>
/// <param name="Start">First character.</param>
/// <param name="Length">Characters.</param>
public readonly record struct PhiFinding(PhiKind Kind, int Start, int Length)
{
    /// <summary>One past the last character.</summary>
    public int End => Start + Length;
}
