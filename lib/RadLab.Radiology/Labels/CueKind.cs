namespace RadLab.Radiology;

/// <summary>What a phrase does to the mentions around it.</summary>
internal enum CueKind
{
    /// <summary>Holds a negating word and negates nothing: "no change in".</summary>
    NoCue,

    /// <summary>Negates what follows in the clause.</summary>
    NegatesAfter,

    /// <summary>Negates what went before in the clause.</summary>
    NegatesBefore,

    /// <summary>"No new": negates what follows, or leaves it open whether the old is still there (CheXpert).</summary>
    NoNew,

    /// <summary>Leaves open what follows, and outdoes a negation: "cannot exclude".</summary>
    OpensAfterFirst,

    /// <summary>Leaves open what went before, and outdoes a negation: "is not excluded".</summary>
    OpensBeforeFirst,

    /// <summary>Leaves open what follows unless it is negated: "possible".</summary>
    OpensAfter,

    /// <summary>Leaves open what went before unless it is negated: "is suspected".</summary>
    OpensBefore,

    /// <summary>Calls what follows likely unless it is negated or left open: "probable".</summary>
    FavoursAfter,

    /// <summary>Calls what went before likely: "is probable".</summary>
    FavoursBefore,

    /// <summary>"Suggests": present to CheXpert's labeller, open to the readers of Open-i.</summary>
    SuggestsAfter,

    /// <summary>Stands between alternatives: "versus".</summary>
    Alternative,

    /// <summary>Ends the reach of every cue: "but".</summary>
    Ends,

    /// <summary>Says of an organ that it is as it should be.</summary>
    Normal,

    /// <summary>Says of an organ that it is larger than it should be.</summary>
    Enlarged,

    /// <summary>Says of an organ that it is at the edge of what is normal.</summary>
    Borderline,

    /// <summary>Says of an organ that it looks as before, or cannot be seen.</summary>
    Unknown,

    /// <summary>A finite verb; tells where a new clause begins.</summary>
    Verb,

    /// <summary>A verb with which lists of findings end: "is seen".</summary>
    SeenVerb,

    /// <summary>A word with which a new subject begins: "the".</summary>
    Subject,

    /// <summary>Completes a clause without a verb: "effusion noted".</summary>
    Participle,
}
