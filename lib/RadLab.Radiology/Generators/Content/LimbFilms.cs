using static RadLab.Radiology.Degrees;

namespace RadLab.Radiology;

/// <summary>Radiographs of the limbs: one examination per joint, made of the same parts.</summary>
internal static class LimbFilms
{
    public static readonly ReportExam[] All =
    [
        Limb("knee", "knee", ["patella", "lateral tibial plateau", "medial tibial plateau", "distal femur", "proximal fibula"], 3, 4, 65, effusion: true),
        Limb("shoulder", "glenohumeral joint", ["surgical neck of the humerus", "greater tuberosity", "distal clavicle", "scapular body"], 3, 3, 55),
        Limb("hip", "hip joint", ["femoral neck", "intertrochanteric femur", "superior pubic ramus", "acetabulum"], 2, 4, 60),
        Limb("ankle", "tibiotalar joint", ["distal fibula", "medial malleolus", "posterior malleolus", "talus", "base of the fifth metatarsal"], 3, 1.5, 62, effusion: true),
        Limb("foot", "first metatarsophalangeal joint", ["base of the fifth metatarsal", "second metatarsal shaft", "third metatarsal neck", "proximal phalanx of the great toe", "distal phalanx of the great toe", "calcaneus"], 3, 3, 60),
        Limb("wrist", "first carpometacarpal joint", ["distal radius", "ulnar styloid", "scaphoid waist", "triquetrum"], 3, 2.5, 60),
        Limb("hand", "interphalangeal joints", ["fifth metacarpal neck", "fourth metacarpal shaft", "middle phalanx of the index finger", "distal phalanx of the thumb", "proximal phalanx of the ring finger"], 3, 3, 60),
        Limb("elbow", "elbow joint", ["radial head", "olecranon", "coronoid process", "distal humerus"], 2, 1.2, 58, effusion: true),
    ];

    // joint: where arthrosis is described; arthrosis: its weight
    private static ReportExam Limb(string part, string joint, string[] bones, int views, double arthrosis, int swellingAge, bool effusion = false)
    {
        string many = views == 2 ? "Two" : "Three";
        var bone = new ReportOrgan("Bones")
        {
            Normals =
            [
                new(["fracture", "dislocation"], ["No acute fracture or dislocation.", "There is no acute fracture or malalignment.", "No acute fracture, dislocation or subluxation.", "No evidence of acute fracture or dislocation."]) { Chance = 1 },
                new(["dislocation"], [$"The {part} is normally aligned.", "Alignment is anatomic.", "Alignment is maintained.", "No dislocation."]) { Chance = 0.7 },
                new(["bone lesion"], ["No suspicious osseous lesion.", "No aggressive bone lesion.", "No lytic or sclerotic lesion."]) { Chance = 0.3 },
                new(["osteopenia"], ["Bone mineralization is normal.", "Mineralization is within normal limits.", "Normal bone density."]) { Chance = 0.25 },
            ],
            Findings =
            [
                new("fracture") { OldNouns = ["healing fracture", "fracture with interval callus formation"], Side = FindingSide.Exam, Places = bones, At = "of the {place}", Traits = [new("displacement", "nondisplaced", "minimally displaced", "mildly displaced", "comminuted"), new("line", "transverse", "oblique", "spiral", "")], Weight = 8, Rank = 3, Acute = true, Course = FindingCourse.Injury, Doubt = 0.12, Excludes = ["healed fracture"],
                    Says = ["{there} {displacement} {line} {x} {at}{since}.", "{displacement} {line} {x} {at}{since}.", "{a} {new} {displacement} {line} {x} {at} {is} seen.", "Acute {displacement} {x} {at}{since}."], Ends = ["{displacement} {x} {at}{since}.", "{new} {displacement} {x} {at}.", "Acute {displacement} {x} {at}{since}.", "{there} {displacement} {x} {at}{since}."], Advice = s => s.IsStable ? null : Advice.Orthopedics, AdviceChance = 0.5 },
                new("healed fracture") { Nouns = ["healed fracture", "remote healed fracture", "old fracture deformity"], Places = bones, At = "of the {place}", Weight = 1.5, Rank = 0, Course = FindingCourse.Fixed, Says = ["{there} {x} {at}.", "{x} {at}.", "Deformity compatible with {a} {x} {at}."] },
                new("healing fracture") { OldNouns = ["healed fracture", "old fracture"], Kinds = ["healing fracture", "subacute fracture"], Concepts = ["fracture"], Places = bones, At = "of the {place}", Weight = 1.5, Rank = 2, Course = FindingCourse.Injury, Traits = [new("callus", "with callus formation", "with bridging callus", "with persistent fracture lucency"), new("position", "in near anatomic alignment", "in unchanged position")], Excludes = ["fracture", "healed fracture"], Says = ["{there} {x} {at} {callus}{since}.", "{x} {at} {callus}, {position}{since}.", "{new} {x} {at} {callus}."], Ends = ["{x} {at} {callus}{since}.", "{new} {x} {at}.", "{there} {x} {at} {callus}{since}."] },
                new("osteopenia") { Kinds = ["~osteopenia", "~diffuse osteopenia"], Weight = 1.5, MinAge = 58, Rank = 0, Says = ["{x}{since}.", "There is {new} {x}.", "{x} is noted{since}."] },
                new("benign bone lesion") { Kinds = ["sclerotic focus/sclerotic foci", "well-defined lucent lesion with a thin sclerotic rim"], Concepts = ["bone lesion"], Places = bones, At = "in the {place}", Size = new(5, 18), Weight = 0.8, Rank = 1, Course = FindingCourse.Chronic, Diagnoses = ["a bone island", "a benign lesion"], Says = ["{size} {x} {at}{since}.", "{there} {new} {size} {x} {at}."], Ends = ["{x} {at}{since}{dx}.", "{new} {size} {x} {at}{dx}.", "{there} {x} {at}{since}{dx}."] },
            ],
        };
        var joints = new ReportOrgan("Joints")
        {
            Normals =
            [
                new(["osteoarthritis", "erosion"], ["Joint spaces are preserved.", "No significant arthropathy.", "The joint spaces are maintained.", "No degenerative or erosive change."]) { Chance = 0.85 },
                .. effusion ? [new NormalStatement(["joint effusion"], ["No joint effusion.", "There is no effusion.", "No evidence of joint effusion."]) { Chance = 0.7 }] : Array.Empty<NormalStatement>(),
            ],
            Findings =
            [
                new("osteoarthritis") { Kinds = ["~osteoarthritis", "#degenerative changes", "~joint space narrowing with osteophytes"], Places = [joint], At = "of the {place}", Grades = Stenosis, Weight = arthrosis, MinAge = 38, Rank = 1, Says = ["{grade} {x} {at}{since}.", "There {is} {grade} {x} {at}{since}.", "{new} {grade} {x} {at}.", "{there} {grade} {x} {at}{since}."], Ends = ["{grade} {x} {at}{since}.", "{new} {grade} {x} {at}.", $"{{grade}} {{x}} of the {{examside}} {part}{{since}}."] },
                new("erosion") { Kinds = ["#marginal erosions", "#periarticular erosions"], Places = [joint], At = "at the {place}", Weight = 0.7, MinAge = 25, Rank = 2, Course = FindingCourse.Chronic, Diagnoses = ["an inflammatory arthropathy", "rheumatoid arthritis", "gout"], Says = ["{x} {at}{since}.", "There are {new} {x} {at}.", "{there} {x} {at}{since}."], Ends = ["{x} {at}{since}{dx}.", "{new} {x} {at}{dx}.", "{there} {x} {at}{since}{dx}."] },
                new("chondrocalcinosis") { Nouns = ["~chondrocalcinosis"], Weight = 0.8, MinAge = 60, Rank = 1, Diagnoses = ["calcium pyrophosphate deposition"], Says = ["There is {x}{since}.", "{new} {x}.", "{x} is noted{since}."], Ends = ["{x}{since}{dx}.", "{new} {x}{dx}.", "{there} {x}{since}{dx}."] },
                .. effusion ? [new ReportFinding("joint effusion") { Grades = Amount, Weight = 3, Rank = 1, Course = FindingCourse.Acute, Says = ["{there} {grade} {x}{since}.", "{grade} {x}{since}.", "{new} {grade} {x}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] }] : Array.Empty<ReportFinding>(),
            ],
        };
        var soft = new ReportOrgan("Soft tissues")
        {
            Normals = [new(["soft tissue abnormality"], ["The soft tissues are unremarkable.", "Soft tissues are within normal limits.", "No soft tissue abnormality.", "No radiopaque foreign body or soft tissue gas."]) { Chance = 0.7 }],
            Findings =
            [
                new("soft tissue swelling") { Nouns = ["~soft tissue swelling"], Concepts = ["soft tissue abnormality"], Grades = Mild, Traits = [new("spread", "diffuse", "focal", "lateral", "dorsal")], Weight = 4, Rank = 1, Course = FindingCourse.Acute, Says = ["{grade} {spread} {x}{since}.", "There is {grade} {spread} {x}{since}.", "{new} {grade} {x}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
                new("vascular calcification") { Nouns = ["#vascular calcifications", "#atherosclerotic calcifications"], Weight = 1.3, MinAge = swellingAge, Rank = 0, Says = ["{x}{since}.", "There are {new} {x}.", "{there} {x}{since}."] },
            ],
        };
        return new ReportExam($"radiographs of the {part}")
        {
            Modality = "CR", Titles = [$"XR {{side}} {part} {views} views", $"XR {part.ToUpperInvariant()} {{SIDE}} {views} VIEWS", $"{{side}} {part} radiographs"], Noun = $"{{side}} {part} radiographs", Weight = 1.6, Findings = 2, NormalChance = 0.22, HasSide = true, MinAge = 16, AcuteConcept = "acute osseous abnormality", Interval = StudyInterval.Weeks,
            Techniques = [$"{many} views of the {{side}} {part}.", $"{many}-view radiographic series of the {{side}} {part}.", $"Radiographs of the {{side}} {part}, {views} views.", views == 2 ? $"AP and lateral views of the {{side}} {part}." : $"AP, lateral and oblique views of the {{side}} {part}."],
            Organs = [bone, joints, soft],
            Reasons =
            [
                new([$"{{side}} {part} pain", $"chronic {{side}} {part} pain", $"{{side}} {part} pain without trauma"]) { Boosts = ["osteoarthritis"], Weight = 5 },
                new([$"{{side}} {part} pain after a fall", $"an injury of the {{side}} {part}", $"{{side}} {part} trauma", $"{{side}} {part} pain and swelling after injury"]) { Boosts = ["fracture", "soft tissue swelling"], Question = "fracture", Asks = "acute fracture", Weight = 5 },
            ],
            NothingAcute = ["No acute osseous abnormality.", "No acute fracture.", "No acute fracture or dislocation.", $"No acute bony abnormality of the {{side}} {part}."],
            Normal = [$"Normal radiographs of the {{side}} {part}.", $"Normal {{side}} {part}.", $"Unremarkable {part} radiographs."],
        };
    }
}
