namespace RadLab.Radiology;

/// <summary>What a word can mean for the scanner's rules; the lists stand in <c>Words/*.txt</c>, one flag per list.</summary>
[Flags]
internal enum WordUse : ulong
{
    None = 0,

    /// <summary>Ordinary or medical English, itself or its stem.</summary>
    Ordinary = 1UL << 0,
    GivenName = 1UL << 1,
    FamilyName = 1UL << 2,
    City = 1UL << 3,
    Eponym = 1UL << 4,
    Brand = 1UL << 5,

    /// <summary>Articles, pronouns, prepositions, auxiliaries: never part of a name.</summary>
    Function = 1UL << 6,
    Title = 1UL << 7,
    Credential = 1UL << 8,
    Suffix = 1UL << 9,
    Particle = 1UL << 10,
    Month = 1UL << 11,
    MonthShort = 1UL << 12,
    Weekday = 1UL << 13,
    WeekdayShort = 1UL << 14,
    Holiday = 1UL << 15,
    DateLead = 1UL << 16,
    DateFollow = 1UL << 17,
    Unit = 1UL << 18,
    Study = 1UL << 19,
    Street = 1UL << 20,
    StreetShort = 1UL << 21,
    Compass = 1UL << 22,
    AddressUnit = 1UL << 23,
    Facility = 1UL << 24,
    FacilityHead = 1UL << 25,
    Generic = 1UL << 26,
    PersonAct = 1UL << 27,
    PersonNoun = 1UL << 28,
    Signer = 1UL << 29,
    Told = 1UL << 30,
    NameLabel = 1UL << 31,
    NumberWord = 1UL << 32,
    Region = 1UL << 33,
    StateCode = 1UL << 34,
    PlaceNoun = 1UL << 35,
    PlaceLead = 1UL << 36,
    LiveWord = 1UL << 37,
    EponymNoun = 1UL << 38,

    /// <summary>First word of a phrase of <c>labels.txt</c>.</summary>
    Label = 1UL << 39,

    /// <summary>Stands before a name with a colon, but before other things too: "to:", "patient:".</summary>
    WeakLabel = 1UL << 40,

    /// <summary>Stands between "called" and the name of the one who was: "to the ordering".</summary>
    Chat = 1UL << 41,

    /// <summary>Words of headings.</summary>
    Heading = 1UL << 42,

    /// <summary>Names of chains of hospitals, and how hospitals of saints and virtues begin.</summary>
    HealthSystem = 1UL << 43,
    Holy = 1UL << 44,

    /// <summary>First words of towns' names: Fort, Mount, New.</summary>
    TownFirst = 1UL << 45,

    /// <summary>A letter behind it grades something: type B, hepatitis C.</summary>
    Grading = 1UL << 46,

    /// <summary>Ends a letter: sincerely, regards.</summary>
    Closing = 1UL << 47,

    /// <summary>Begins a line of drugs or laboratory values.</summary>
    Medicines = 1UL << 48,

    /// <summary>What persons have: wife, chart, prior films.</summary>
    Owned = 1UL << 49,

    /// <summary>Follows "was" where the subject is a person: seen, notified.</summary>
    OfPersons = 1UL << 50,

    /// <summary>Before and behind the letters of a typist: d, t, trans, tech.</summary>
    Typist = 1UL << 51,

    /// <summary>Only a person does it: complains, denies, resides.</summary>
    Complaint = 1UL << 52,

    /// <summary>What is done on a day: placed, discharged, LMP.</summary>
    DateVerb = 1UL << 53,

    /// <summary>What fractions count: "10/12 ribs", "5/5 strength".</summary>
    FractionNoun = 1UL << 54,

    AnyMonth = Month | MonthShort,
    AnyWeekday = Weekday | WeekdayShort,

    /// <summary>Words that are explained without any person or place.</summary>
    Explained = Ordinary | Eponym | Brand | Function | Month | Weekday | Region | Holiday,
}
