using static RadLab.Radiology.Degrees;

namespace RadLab.Radiology;

/// <summary>MRI of knee, shoulder, ankle and hip.</summary>
internal static class JointMr
{
    private static readonly FindingTrait s_tear = new("kind", "horizontal", "radial", "complex", "oblique", "vertical longitudinal");

    private static readonly ReportOrgan s_menisci = new("Menisci")
    {
        Normals =
        [
            new(["medial meniscal tear", "lateral meniscal tear"], ["The menisci are intact.", "Medial and lateral menisci are intact.", "No meniscal tear.", "Menisci are normal in morphology and signal."]) { Chance = 1 },
            new(["medial meniscal tear"], ["The medial meniscus is intact.", "Medial meniscus is normal.", "No medial meniscal tear."]) { Chance = 0.9 },
            new(["lateral meniscal tear"], ["The lateral meniscus is intact.", "Lateral meniscus is normal.", "No tear of the lateral meniscus."]) { Chance = 0.9 },
        ],
        Findings =
        [
            new("medial meniscal tear") { Nouns = ["tear"], Places = ["posterior horn of the medial meniscus", "body of the medial meniscus", "posterior root of the medial meniscus"], At = "of the {place}", Traits = [s_tear], Weight = 7, Rank = 2, Acute = true, Course = FindingCourse.Injury, Doubt = 0.08, Says = ["{there} {kind} {x} {at}{since}.", "{kind} {x} {at}, extending to the articular surface{since}.", "{a} {new} {kind} {x} {at}."], Ends = ["{kind} {x} {at}{since}.", "{new} {kind} {x} {at}.", "{there} {kind} {x} {at}{since}."] },
            new("lateral meniscal tear") { Nouns = ["tear"], Places = ["anterior horn of the lateral meniscus", "body of the lateral meniscus", "posterior horn of the lateral meniscus"], At = "of the {place}", Traits = [s_tear], Weight = 3.5, Rank = 2, Acute = true, Course = FindingCourse.Injury, Doubt = 0.08, Says = ["{there} {kind} {x} {at}{since}.", "{kind} {x} {at}{since}.", "{a} {new} {kind} {x} {at}."], Ends = ["{kind} {x} {at}{since}.", "{new} {kind} {x} {at}.", "{there} {kind} {x} {at}{since}."] },
        ],
    };

    private static readonly ReportOrgan s_ligaments = new("Ligaments and tendons")
    {
        Normals =
        [
            new(["cruciate ligament tear"], ["The anterior and posterior cruciate ligaments are intact.", "ACL and PCL are intact.", "Cruciate ligaments are normal.", "Intact cruciate ligaments."]) { Chance = 0.95 },
            new(["collateral ligament injury"], ["Medial and lateral collateral ligaments are intact.", "The collateral ligaments are intact.", "MCL and lateral collateral complex are normal.", "Intact collateral ligaments."]) { Chance = 0.9 },
            new(["extensor mechanism injury"], ["The extensor mechanism is intact.", "Quadriceps and patellar tendons are intact.", "Intact extensor mechanism."]) { Chance = 0.8 },
        ],
        Findings =
        [
            new("anterior cruciate ligament tear") { Nouns = ["tear"], Concepts = ["cruciate ligament tear"], Places = ["anterior cruciate ligament"], At = "of the {place}", Traits = [new("degree", "complete", "full-thickness", "partial", "high-grade partial")], Weight = 3.5, MaxAge = 62, Rank = 3, Acute = true, Course = FindingCourse.Injury, Says = ["{there} {degree} {x} {at}{since}.", "{degree} {x} {at} with surrounding edema{since}.", "{a} {new} {degree} {x} {at}."], Ends = ["{degree} {x} {at}{since}.", "{new} {degree} {x} {at}.", "{there} {degree} {x} {at}{since}."], Advice = s => s.IsStable ? null : Advice.Orthopedics },
            new("medial collateral ligament sprain") { Nouns = ["sprain"], Concepts = ["collateral ligament injury"], Places = ["medial collateral ligament"], At = "of the {place}", Traits = [new("degree", "grade 1", "grade 2", "low-grade", "high-grade")], Weight = 2.5, Rank = 2, Acute = true, Course = FindingCourse.Acute, Says = ["{there} {degree} {x} {at}{since}.", "{degree} {x} {at} with periligamentous edema{since}.", "{new} {degree} {x} {at}."], Ends = ["{degree} {x} {at}{since}.", "{new} {degree} {x} {at}.", "{there} {degree} {x} {at}{since}."] },
            new("patellar tendinosis") { Nouns = ["~tendinosis"], Concepts = ["extensor mechanism injury"], Places = ["proximal patellar tendon", "distal quadriceps tendon"], At = "of the {place}", Grades = Mild, Weight = 2, Rank = 1, Says = ["{grade} {x} {at}{since}.", "There is {grade} {x} {at}{since}.", "{new} {grade} {x} {at}.", "{there} {grade} {x} {at}{since}."], Ends = ["{grade} {x} {at}{since}.", "{new} {x} {at}.", "{there} {grade} {x} {at}{since}."] },
        ],
    };

    private static readonly ReportOrgan s_kneeBone = new("Cartilage, bone and joint")
    {
        Normals =
        [
            new(["chondral loss"], ["Articular cartilage is preserved.", "Cartilage is maintained in all compartments.", "No focal chondral defect.", "Articular cartilage is normal."]) { Chance = 0.8 },
            new(["marrow abnormality"], ["Bone marrow signal is normal.", "No fracture or bone contusion.", "Marrow signal is within normal limits."]) { Chance = 0.85 },
            new(["joint effusion"], ["No joint effusion.", "There is no significant joint effusion.", "No effusion of the joint."]) { Chance = 0.7 },
            new(["popliteal cyst"], ["No Baker cyst.", "There is no popliteal cyst.", "No popliteal fossa cyst."]) { Chance = 0.35 },
        ],
        Findings =
        [
            new("chondral loss") { Kinds = ["~chondral thinning", "~cartilage loss", "~chondral fissuring"], Places = ["patellofemoral compartment", "medial compartment", "lateral compartment", "medial femoral condyle", "lateral patellar facet"], Traits = [new("depth", "partial-thickness", "full-thickness", "high-grade", "low-grade")], Weight = 5, MinAge = 28, Rank = 1, Most = 2, Says = ["{depth} {x} in the {place}{since}.", "There is {depth} {x} in the {place}{since}.", "{new} {depth} {x} in the {place}.", "{there} {depth} {x} in the {place}{since}."], Ends = ["{depth} {x} in the {place}{since}.", "{new} {x} in the {place}.", "{there} {depth} {x} in the {place}{since}."] },
            new("joint effusion") { Grades = Amount, Weight = 5, Rank = 1, Course = FindingCourse.Acute, Says = ["{there} {grade} {x}{since}.", "{grade} {x}{since}.", "{new} {grade} {x}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("popliteal cyst") { Nouns = ["Baker cyst", "popliteal cyst"], Size = new(12, 62), Weight = 2.5, MinAge = 30, Rank = 1, Course = FindingCourse.Lesion, Says = ["{size} {x}{since}.", "{there} {new} {size} {x}.", "{x} measuring {size}{since}."], Ends = ["{size} {x}{since}.", "{new} {x} measuring {size}.", "{there} {size} {x}{since}."] },
            new("bone contusion") { Nouns = ["bone contusion", "area of marrow edema/areas of marrow edema"], Concepts = ["marrow abnormality"], Places = ["lateral femoral condyle", "posterolateral tibial plateau", "medial femoral condyle", "medial tibial plateau"], Weight = 3, Rank = 1, Acute = true, Course = FindingCourse.Acute, Most = 2, Says = ["{there} {x} in the {place}{since}.", "{new} {x} in the {place}.", "{x} in the {place} without a fracture line{since}."], Ends = ["{x} in the {place}{since}.", "{new} {x} in the {place}.", "{there} {x} in the {place}{since}."] },
            new("subchondral insufficiency fracture") { Concepts = ["marrow abnormality"], Places = ["medial femoral condyle", "medial tibial plateau"], At = "of the {place}", Weight = 0.9, MinAge = 52, Rank = 3, Acute = true, Course = FindingCourse.Injury, Says = ["{there} {x} {at} with surrounding marrow edema{since}.", "{new} {x} {at}.", "{x} {at}{since}.", "{x} {at} with surrounding marrow edema{since}."], Ends = ["{x} {at}{since}.", "{new} {x} {at}.", "{there} {x} {at}{since}."], Advice = s => s.IsStable ? null : Advice.Orthopedics },
        ],
    };

    private static readonly ReportOrgan s_cuff = new("Rotator cuff")
    {
        Normals =
        [
            new(["rotator cuff tear", "rotator cuff tendinosis"], ["The rotator cuff is intact.", "Rotator cuff tendons are intact and normal in signal.", "No rotator cuff tear.", "Supraspinatus, infraspinatus, subscapularis and teres minor are intact."]) { Chance = 1 },
            new(["muscle atrophy"], ["No muscle atrophy or fatty infiltration.", "Rotator cuff muscle bulk is preserved.", "Normal muscle bulk."]) { Chance = 0.6 },
        ],
        Otherwise = ["The remaining rotator cuff tendons are intact.", "The rest of the cuff is intact."],
        Findings =
        [
            new("rotator cuff tear") { Nouns = ["tear"], Places = ["supraspinatus tendon", "infraspinatus tendon", "subscapularis tendon", "anterior supraspinatus tendon"], At = "of the {place}", Traits = [new("depth", "full-thickness", "partial-thickness articular-sided", "partial-thickness bursal-sided", "high-grade partial-thickness")], Size = new(4, 32), Weight = 6, MinAge = 30, Rank = 2, Acute = true, Course = FindingCourse.Lesion, Says = ["{there} {depth} {x} {at} measuring {size}{since}.", "{size} {depth} {x} {at}{since}.", "{a} {new} {depth} {x} {at} measures {size}."], Ends = ["{depth} {x} {at} measuring {size}{since}.", "{new} {depth} {x} {at}, {size}.", "{there} {depth} {x} {at} measuring {size}{since}."], Advice = s => s.IsStable ? null : Advice.Orthopedics, AdviceChance = 0.4 },
            new("rotator cuff tendinosis") { Nouns = ["~tendinosis"], Places = ["supraspinatus tendon", "infraspinatus tendon", "subscapularis tendon"], At = "of the {place}", Grades = Stenosis, Weight = 5, Rank = 1, Most = 2, Says = ["{grade} {x} {at} without tear{since}.", "There is {grade} {x} {at}{since}.", "{new} {grade} {x} {at}."], Ends = ["{grade} {x} {at}{since}.", "{new} {grade} {x} {at}.", "{there} {grade} {x} {at}{since}."], Excludes = ["rotator cuff tear"] },
            new("muscle atrophy") { Nouns = ["~fatty atrophy"], Places = ["supraspinatus muscle", "infraspinatus muscle"], At = "of the {place}", Grades = Stenosis, Weight = 1.5, MinAge = 50, Rank = 1, Says = ["{grade} {x} {at}{since}.", "There is {grade} {x} {at}{since}.", "{there} {grade} {x} {at}{since}."], Ends = ["{grade} {x} {at}{since}.", "{new} {grade} {x} {at}.", "{there} {grade} {x} {at}{since}."] },
        ],
    };

    private static readonly ReportOrgan s_shoulderJoint = new("Labrum, biceps and joints")
    {
        Normals =
        [
            new(["labral tear"], ["The labrum is intact.", "No labral tear.", "Glenoid labrum is unremarkable."]) { Chance = 0.85 },
            new(["biceps abnormality"], ["The long head of the biceps tendon is intact and located.", "Biceps tendon is normal.", "Intact biceps tendon in the bicipital groove."]) { Chance = 0.8 },
            new(["marrow abnormality"], ["Marrow signal is normal.", "No fracture or marrow edema.", "No marrow signal abnormality."]) { Chance = 0.6 },
            new(["joint effusion"], ["No glenohumeral joint effusion.", "There is no joint effusion.", "No significant joint fluid."]) { Chance = 0.6 },
        ],
        Findings =
        [
            new("labral tear") { Places = ["superior labrum", "anteroinferior labrum", "posterior labrum"], At = "of the {place}", Nouns = ["tear"], Weight = 3, Rank = 2, Course = FindingCourse.Injury, Doubt = 0.15, Says = ["{there} {new} {x} {at}.", "{x} {at}{since}.", "Linear signal indicates {a} {x} {at}{since}."], Ends = ["{x} {at}{since}.", "{new} {x} {at}.", "{there} {x} {at}{since}."] },
            new("acromioclavicular arthrosis") { Nouns = ["~acromioclavicular joint arthrosis", "~osteoarthritis of the acromioclavicular joint"], Grades = Stenosis, Weight = 5, MinAge = 35, Rank = 1, Says = ["{grade} {x}{since}.", "There is {grade} {x} with inferior osteophytes{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("subacromial bursitis") { Nouns = ["~subacromial-subdeltoid bursitis", "~fluid in the subacromial-subdeltoid bursa"], Grades = Mild, Weight = 3.5, Rank = 1, Course = FindingCourse.Acute, Says = ["{grade} {x}{since}.", "There is {grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("biceps tendinosis") { Kinds = ["~tendinosis of the long head of the biceps", "~biceps tenosynovitis"], Concepts = ["biceps abnormality"], Grades = Mild, Weight = 2, Rank = 1, Says = ["{grade} {x}{since}.", "There is {grade} {x}{since}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}.", "{new} {x}.", "{there} {grade} {x}{since}."] },
            new("joint effusion") { Grades = Amount, Weight = 2, Rank = 0, Course = FindingCourse.Acute, Says = ["{there} {grade} {x}{since}.", "{new} {grade} {x}."] },
        ],
    };

    private static readonly ReportOrgan s_ankle = new("Ligaments and tendons")
    {
        Normals =
        [
            new(["lateral ligament injury"], ["The lateral ligaments are intact.", "Anterior talofibular and calcaneofibular ligaments are intact.", "Lateral collateral ligament complex is intact."]) { Chance = 0.9 },
            new(["deltoid injury"], ["The deltoid ligament is intact.", "Deltoid and syndesmotic ligaments are intact.", "Intact deltoid ligament complex."]) { Chance = 0.7 },
            new(["tendon abnormality"], ["The tendons are intact.", "Peroneal, flexor and extensor tendons are normal.", "No tendon tear or tenosynovitis."]) { Chance = 0.8 },
            new(["Achilles abnormality"], ["The Achilles tendon is normal.", "Achilles tendon and plantar fascia are intact.", "Normal Achilles tendon."]) { Chance = 0.7 },
        ],
        Findings =
        [
            new("lateral ligament tear") { Nouns = ["tear"], Concepts = ["lateral ligament injury"], Places = ["anterior talofibular ligament", "calcaneofibular ligament"], At = "of the {place}", Traits = [new("degree", "partial", "complete", "chronic partial")], Weight = 5, Rank = 2, Acute = true, Course = FindingCourse.Injury, Says = ["{there} {degree} {x} {at}{since}.", "{degree} {x} {at}{since}.", "{new} {degree} {x} {at}."], Ends = ["{degree} {x} {at}{since}.", "{new} {degree} {x} {at}.", "{there} {degree} {x} {at}{since}."] },
            new("peroneal tendon tear") { Kinds = ["longitudinal split tear", "tear"], Concepts = ["tendon abnormality"], Places = ["peroneus brevis tendon", "peroneus longus tendon"], At = "of the {place}", Weight = 2.5, Rank = 2, Course = FindingCourse.Injury, Says = ["{there} {new} {x} {at}.", "{x} {at}{since}."], Ends = ["{x} {at}{since}.", "{new} {x} {at}.", "{there} {x} {at}{since}."] },
            new("tenosynovitis") { Nouns = ["~tenosynovitis", "~tendon sheath fluid"], Concepts = ["tendon abnormality"], Places = ["posterior tibial tendon", "peroneal tendons", "flexor hallucis longus tendon"], At = "of the {place}", Grades = Mild, Weight = 3, Rank = 1, Course = FindingCourse.Acute, Says = ["{grade} {x} {at}{since}.", "There is {grade} {x} {at}{since}.", "{there} {grade} {x} {at}{since}."], Ends = ["{grade} {x} {at}{since}.", "{new} {x} {at}.", "{there} {grade} {x} {at}{since}."] },
            new("Achilles tendinosis") { Kinds = ["~insertional Achilles tendinosis", "~Achilles tendinosis"], Concepts = ["Achilles abnormality"], Grades = Stenosis, Weight = 3, MinAge = 28, Rank = 1, Says = ["{grade} {x}{since}.", "There is {grade} {x}{since}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("plantar fasciitis") { Kinds = ["~thickening of the plantar fascia", "~plantar fascial thickening with edema"], Concepts = ["Achilles abnormality"], Weight = 2, Rank = 1, Course = FindingCourse.Acute, Diagnoses = ["plantar fasciitis"], Says = ["There is {x}{since}.", "{new} {x}.", "{x} at the calcaneal origin{since}."], Ends = ["{x}{since}{dx}.", "{new} {x}{dx}.", "{there} {x}{since}{dx}."] },
        ],
    };

    private static readonly ReportOrgan s_ankleBone = new("Bone and joint")
    {
        Normals = [new(["marrow abnormality"], ["Marrow signal is normal.", "No fracture or osteochondral lesion.", "Bone marrow is normal."]), new(["joint effusion"], ["No joint effusion.", "There is no significant effusion.", "No tibiotalar effusion."]) { Chance = 0.7 }],
        Findings =
        [
            new("osteochondral lesion") { Concepts = ["marrow abnormality"], Places = ["medial talar dome", "lateral talar dome"], At = "of the {place}", Size = new(4, 16), Weight = 3, Rank = 2, Course = FindingCourse.Lesion, Says = ["{size} {x} {at}{since}.", "{there} {new} {size} {x} {at}."], Ends = ["{size} {x} {at}{since}.", "{new} {x} {at} measuring {size}.", "{there} {size} {x} {at}{since}."], Advice = s => s.IsStable ? null : Advice.Orthopedics },
            new("joint effusion") { Grades = Amount, Weight = 3, Rank = 0, Course = FindingCourse.Acute, Says = ["{there} {grade} {x}{since}.", "{new} {grade} tibiotalar {x}.", "{grade} {x}{since}."] },
            new("stress reaction") { Nouns = ["~marrow edema", "~stress-related marrow edema"], Concepts = ["marrow abnormality"], Places = ["calcaneus", "talar neck", "navicular", "distal tibia"], Weight = 2, Rank = 2, Acute = true, Course = FindingCourse.Acute, Diagnoses = ["a stress reaction", "a stress fracture"], Says = ["There is {x} in the {place}{since}.", "{new} {x} in the {place}.", "{there} {new} {x} in the {place}."], Ends = ["{x} in the {place}{since}{dx}.", "{new} {x} in the {place}{dx}.", "{there} {x} in the {place}{since}{dx}."] },
        ],
    };

    private static readonly ReportOrgan s_hip = new("Bone, cartilage and labrum")
    {
        Normals =
        [
            new(["marrow abnormality"], ["No fracture or avascular necrosis.", "Marrow signal of the proximal femur is normal.", "No marrow edema."]) { Chance = 0.9 },
            new(["labral tear"], ["No labral tear.", "The acetabular labrum is intact.", "Labrum is unremarkable."]) { Chance = 0.8 },
            new(["joint effusion"], ["No hip joint effusion.", "There is no joint effusion.", "No significant joint fluid."]) { Chance = 0.6 },
            new(["gluteal abnormality"], ["Gluteal and hamstring tendons are intact.", "The surrounding tendons are intact.", "Gluteal tendons are normal."]) { Chance = 0.7 },
        ],
        Findings =
        [
            new("avascular necrosis") { Nouns = ["~serpiginous subchondral signal abnormality"], Concepts = ["marrow abnormality"], Places = ["{side} femoral head"], Side = FindingSide.Exam, Traits = [new("collapse", "without subchondral collapse", "with early subchondral collapse")], Weight = 2, Rank = 3, Course = FindingCourse.Lesion, Diagnoses = ["avascular necrosis"], Says = ["There is {x} in the {place} {collapse}{since}.", "{new} {x} in the {place} {collapse}.", "{there} {new} {x} in the {place} {collapse}."], Ends = ["{x} in the {place} {collapse}{since}{dx}.", "{new} {x} in the {place}{dx}.", "{there} {x} in the {place} {collapse}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.Orthopedics },
            new("femoral neck stress fracture") { OldNouns = ["healing stress fracture", "chronic stress fracture"], Kinds = ["stress fracture", "incomplete stress fracture"], Concepts = ["marrow abnormality"], Places = ["{side} femoral neck"], At = "of the {place}", Side = FindingSide.Exam, Weight = 1.2, Rank = 3, Acute = true, Course = FindingCourse.Injury, Excludes = ["avascular necrosis"], Says = ["{there} {x} of the compression side of the {place}{since}.", "{new} {x} of the {place} with surrounding edema.", "{x} of the {place}{since}."], Ends = ["{x} of the {place}{since}.", "{new} {x} of the {place}.", "{there} {x} of the {place}{since}."], Advice = s => s.IsStable ? null : Advice.Orthopedics },
            new("labral tear") { Nouns = ["tear"], Places = ["anterosuperior labrum", "superior labrum"], At = "of the {place}", Weight = 5, MaxAge = 65, Rank = 2, Course = FindingCourse.Injury, Doubt = 0.12, Says = ["{there} {new} {x} {at}.", "{x} {at}{since}."], Ends = ["{x} {at}{since}.", "{new} {x} {at}.", "{there} {x} {at}{since}."] },
            new("hip osteoarthritis") { Nouns = ["~osteoarthritis of the hip", "~hip joint osteoarthritis"], Grades = Stenosis, Weight = 4, MinAge = 45, Rank = 1, Says = ["{grade} {x} with cartilage loss{since}.", "There is {grade} {x}{since}.", "{new} {grade} {x}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("gluteal tendinosis") { Kinds = ["~tendinosis", "~tendinosis and partial tearing"], Concepts = ["gluteal abnormality"], Places = ["gluteus medius tendon", "gluteus minimus tendon", "hamstring origin"], At = "of the {place}", Grades = Mild, Weight = 3, MinAge = 38, Rank = 1, Says = ["{grade} {x} {at}{since}.", "There is {grade} {x} {at}{since}.", "{there} {grade} {x} {at}{since}."], Ends = ["{grade} {x} {at}{since}.", "{new} {x} {at}.", "{there} {grade} {x} {at}{since}."] },
            new("joint effusion") { Grades = Amount, Weight = 2, Rank = 0, Course = FindingCourse.Acute, Says = ["{there} {grade} {x}{since}.", "{new} {grade} hip {x}.", "{grade} {x}{since}."] },
        ],
    };

    public static readonly ReportExam Knee = Joint("knee", [s_menisci, s_ligaments, s_kneeBone], 5, 3.4,
        new(["{side} knee pain", "{side} knee pain and locking", "{side} knee pain and swelling"]) { Boosts = ["medial meniscal tear", "chondral loss"], Question = "medial meniscal tear", Asks = "meniscal tear", NotWith = ["lateral meniscal tear"], Weight = 5 },
        new(["a twisting injury of the {side} knee", "a {side} knee sports injury", "{side} knee instability"]) { Boosts = ["anterior cruciate ligament tear", "medial collateral ligament sprain", "bone contusion"], Question = "cruciate ligament tear", Asks = "ligament tear", NotWith = ["collateral ligament injury"], Weight = 4, MaxAge = 62 });

    public static readonly ReportExam Shoulder = Joint("shoulder", [s_cuff, s_shoulderJoint], 4, 3.4,
        new(["{side} shoulder pain", "chronic {side} shoulder pain", "{side} shoulder pain with overhead activity"]) { Boosts = ["rotator cuff tear", "rotator cuff tendinosis"], Question = "rotator cuff tear", Asks = "rotator cuff tear", Weight = 5 },
        new(["{side} shoulder weakness", "{side} shoulder injury", "a fall onto the {side} shoulder"]) { Boosts = ["rotator cuff tear", "labral tear"], Question = "rotator cuff tear", Asks = "cuff tear", Weight = 4 });

    public static readonly ReportExam Ankle = Joint("ankle", [s_ankle, s_ankleBone], 2.5, 2.8,
        new(["{side} ankle pain", "chronic {side} ankle pain", "{side} ankle sprain not improving"]) { Boosts = ["lateral ligament tear", "osteochondral lesion"], Question = "lateral ligament injury", Asks = "ligament tear", Weight = 5 },
        new(["{side} heel pain", "{side} posterior ankle pain"]) { Boosts = ["Achilles tendinosis", "plantar fasciitis"], Question = "Achilles abnormality", Asks = "Achilles tendon tear", Weight = 3 });

    public static readonly ReportExam Hip = Joint("hip", [s_hip], 2.5, 2.4,
        new(["{side} hip pain", "{side} groin pain", "chronic {side} hip pain"]) { Boosts = ["labral tear", "hip osteoarthritis"], Weight = 5 },
        new(["{side} hip pain and steroid use", "{side} hip pain in a runner"]) { Boosts = ["avascular necrosis", "femoral neck stress fracture"], Question = "marrow abnormality", Asks = "fracture or avascular necrosis", Weight = 3 });

    private static ReportExam Joint(string joint, ReportOrgan[] organs, double weight, double findings, params ReportReason[] reasons) => new($"MRI {joint}")
    {
        Modality = "MR", Titles = [$"MRI {{side}} {joint} without contrast", $"MR {joint.ToUpperInvariant()} {{SIDE}} WO CONTRAST", $"MRI of the {{side}} {joint}"], Noun = $"{{side}} {joint} MRI", Weight = weight, Findings = findings, NormalChance = 0.08, HasSide = true, MinAge = 17, MaxAge = 80, AcuteConcept = "acute internal derangement", Interval = StudyInterval.Years,
        Techniques = [$"Multiplanar multisequence MRI of the {{side}} {joint} without contrast.", $"Axial, coronal and sagittal fluid-sensitive and T1-weighted images of the {{side}} {joint}.", $"Noncontrast MRI of the {{side}} {joint}."],
        Organs = organs, Reasons = reasons,
        NothingAcute = [$"No acute injury of the {{side}} {joint}.", $"No acute internal derangement of the {joint}.", $"No acute abnormality of the {joint}."], Normal = [$"Normal MRI of the {{side}} {joint}.", $"Unremarkable MRI of the {joint}.", $"Normal {{side}} {joint} MRI."],
    };
}
